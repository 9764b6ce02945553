// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice The callbacks of the lenders.
interface IBorrower {
    function executeOperation(
        address asset,
        uint256 amount,
        uint256 premium,
        address initiator,
        bytes calldata params
    ) external returns (bool);

    function receiveFlashLoan(
        address[] calldata tokens,
        uint256[] calldata amounts,
        uint256[] calldata feeAmounts,
        bytes calldata userData
    ) external;

    function onMorphoFlashLoan(uint256 assets, bytes calldata data) external;

    function onBalancerV3Unlock(bytes calldata payload) external;

    function uniswapV3FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external;

    function pancakeV3FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external;

    function ramsesV2FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external;

    function algebraFlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external;

    function uniswapV2Call(address sender, uint256 amount0, uint256 amount1, bytes calldata data) external;

    function pancakeCall(address sender, uint256 amount0, uint256 amount1, bytes calldata data) external;

    function hook(address sender, uint256 amount0, uint256 amount1, bytes calldata data) external;

    function DVMFlashLoanCall(address sender, uint256 base, uint256 quote, bytes calldata data) external;

    function DPPFlashLoanCall(address sender, uint256 base, uint256 quote, bytes calldata data) external;

    function DSPFlashLoanCall(address sender, uint256 base, uint256 quote, bytes calldata data) external;
}

/// @notice Which lender a loan is asked of, numbered as in FlashArbitrage: an operator is none that could be hostile.
enum Pattern {
    AaveV3,
    BalancerV2,
    MorphoBlue,
    Operator,
    ConcentratedFlash,
    PairFlash,
    DodoFlash,
    BalancerV3
}

/// @notice A loan under way.
struct Borrowing {
    Pattern pattern;
    address borrower;
    /// @dev Who asked for the loan: Aave tells the borrower.
    address initiator;
    address token;
    uint256 amount;
    uint256 fee;
    bytes payload;
}

/// @title LenderOfEveryPattern
/// @notice Lends as every lender does, out of its own balance: it sends the amount, calls back, and takes back the amount
/// and its fee. Its fee applies to the patterns that have one. The other lenders of this file depart from it in the one
/// point that their name tells.
contract LenderOfEveryPattern {
    using SafeERC20 for IERC20;

    error ReturnedFalse(address borrower);
    error NotRepaid(uint256 balance, uint256 needed);
    error OneTokenOnly(uint256 tokens);

    uint256 private constant BPS = 10_000;

    uint256 public feeBps;

    /// @notice The payload of the last loan.
    bytes public lastPayload;

    /// @notice The tokens of the pool that it is, in their order.
    address public token0;
    address public token1;

    /// @notice Which of the names that its pattern knows it calls back by.
    uint256 public name;

    /// @dev What Balancer V3's vault sends when it is asked to.
    Borrowing private _unlocked;

    function setPool(address token0_, address token1_, uint256 name_) external {
        (token0, token1, name) = (token0_, token1_, name_);
    }

    // solhint-disable-next-line func-name-mixedcase
    function _BASE_TOKEN_() external view returns (address) {
        return token0;
    }

    function setFeeBps(uint256 feeBps_) external {
        feeBps = feeBps_;
    }

    /// @notice Aave V3.
    function flashLoanSimple(address receiver, address asset, uint256 amount, bytes calldata params, uint16) external {
        // Aave rounds its premium half up.
        uint256 fee = (amount * feeBps + BPS / 2) / BPS;
        _lend(Borrowing(Pattern.AaveV3, receiver, msg.sender, asset, amount, fee, params));
    }

    /// @notice Balancer V2.
    function flashLoan(
        address recipient,
        address[] calldata tokens,
        uint256[] calldata amounts,
        bytes calldata userData
    ) external {
        if (tokens.length != 1 || amounts.length != 1) revert OneTokenOnly(tokens.length);
        // Balancer rounds its fee up.
        uint256 fee = (amounts[0] * feeBps + BPS - 1) / BPS;
        _lend(Borrowing(Pattern.BalancerV2, recipient, msg.sender, tokens[0], amounts[0], fee, userData));
    }

    /// @notice Morpho Blue, which takes no fee.
    function flashLoan(address token, uint256 assets, bytes calldata data) external {
        _lend(Borrowing(Pattern.MorphoBlue, msg.sender, msg.sender, token, assets, 0, data));
    }

    /// @notice A pool with concentrated liquidity, which rounds its fee up.
    function flash(address recipient, uint256 amount0, uint256 amount1, bytes calldata data) external {
        uint256 fee = ((amount0 + amount1) * feeBps + BPS - 1) / BPS;
        _lendSide(Pattern.ConcentratedFlash, recipient, amount0, amount1, fee, data);
    }

    /// @notice A pair, which takes its fee of what comes in.
    function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external {
        uint256 amount = amount0Out + amount1Out;
        uint256 needed = (amount * BPS + BPS - feeBps - 1) / (BPS - feeBps);
        _lendSide(Pattern.PairFlash, to, amount0Out, amount1Out, needed - amount, data);
    }

    /// @notice A pool of DODO, which takes no fee.
    function flashLoan(uint256 baseAmount, uint256 quoteAmount, address assetTo, bytes calldata data) external {
        _lendSide(Pattern.DodoFlash, assetTo, baseAmount, quoteAmount, 0, data);
    }

    function _lendSide(
        Pattern pattern,
        address to,
        uint256 amount0,
        uint256 amount1,
        uint256 fee,
        bytes calldata data
    ) private {
        if (amount0 != 0 && amount1 != 0) revert OneTokenOnly(2);
        address token = amount0 != 0 ? token0 : token1;
        _lend(Borrowing(pattern, to, msg.sender, token, amount0 + amount1, fee, data));
    }

    /// @notice Balancer V3's vault, which takes no fee: what it lends is asked for in the callback.
    function unlock(bytes calldata data) external returns (bytes memory) {
        bytes memory payload = abi.decode(data[4:], (bytes));
        _unlocked = Borrowing(Pattern.BalancerV3, msg.sender, msg.sender, address(0), 0, 0, payload);
        lastPayload = payload;
        _unlock(_unlocked);
        if (_unlocked.amount != 0) revert NotRepaid(0, _unlocked.amount);
        return "";
    }

    function _unlock(Borrowing memory b) internal virtual {
        _callBack(b);
    }

    function sendTo(address token, address to, uint256 amount) external {
        (_unlocked.token, _unlocked.amount) = (token, amount);
        Borrowing memory b = _unlocked;
        b.borrower = to;
        _send(b);
    }

    function settle(address token, uint256 amountHint) external returns (uint256) {
        if (token == _unlocked.token) _unlocked.amount -= amountHint;
        return amountHint;
    }

    function _lend(Borrowing memory b) internal virtual {
        lastPayload = b.payload;
        uint256 balanceBefore = IERC20(b.token).balanceOf(address(this));
        _send(b);
        _callBack(b);
        _collect(b, balanceBefore);
    }

    function _send(Borrowing memory b) internal virtual {
        IERC20(b.token).safeTransfer(b.borrower, b.amount);
    }

    function _callBack(Borrowing memory b) internal virtual {
        if (b.pattern == Pattern.AaveV3) {
            bool accepted = IBorrower(b.borrower).executeOperation(b.token, b.amount, b.fee, b.initiator, b.payload);
            if (!accepted) revert ReturnedFalse(b.borrower);
        } else if (b.pattern == Pattern.BalancerV2) {
            address[] memory tokens = new address[](1);
            uint256[] memory amounts = new uint256[](1);
            uint256[] memory fees = new uint256[](1);
            tokens[0] = b.token;
            amounts[0] = b.amount;
            fees[0] = b.fee;
            IBorrower(b.borrower).receiveFlashLoan(tokens, amounts, fees, b.payload);
        } else if (b.pattern == Pattern.MorphoBlue) {
            IBorrower(b.borrower).onMorphoFlashLoan(b.amount, b.payload);
        } else {
            _bubble(b.borrower, _encodeFlash(b));
        }
    }

    /// @dev The callbacks of pools, by the name that is set, and that of Balancer V3.
    function _encodeFlash(Borrowing memory b) internal view returns (bytes memory) {
        if (b.pattern == Pattern.BalancerV3) return abi.encodeCall(IBorrower.onBalancerV3Unlock, (b.payload));
        bool isToken0 = b.token == token0;
        if (b.pattern == Pattern.ConcentratedFlash) {
            bytes4[4] memory flashes = [
                IBorrower.uniswapV3FlashCallback.selector,
                IBorrower.pancakeV3FlashCallback.selector,
                IBorrower.ramsesV2FlashCallback.selector,
                IBorrower.algebraFlashCallback.selector
            ];
            (uint256 fee0, uint256 fee1) = isToken0 ? (b.fee, uint256(0)) : (uint256(0), b.fee);
            return abi.encodeWithSelector(flashes[name % 4], fee0, fee1, b.payload);
        }
        bytes4[3] memory names =
            b.pattern == Pattern.PairFlash
                ? [IBorrower.uniswapV2Call.selector, IBorrower.pancakeCall.selector, IBorrower.hook.selector]
                : [
                    IBorrower.DVMFlashLoanCall.selector,
                    IBorrower.DPPFlashLoanCall.selector,
                    IBorrower.DSPFlashLoanCall.selector
                ];
        (uint256 amount0, uint256 amount1) = isToken0 ? (b.amount, uint256(0)) : (uint256(0), b.amount);
        return abi.encodeWithSelector(names[name % 3], b.initiator, amount0, amount1, b.payload);
    }

    function _bubble(address target, bytes memory payload) internal {
        (bool success, bytes memory answer) = target.call(payload);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }

    function _collect(Borrowing memory b, uint256 balanceBefore) internal virtual {
        if (b.pattern != Pattern.AaveV3 && b.pattern != Pattern.MorphoBlue) {
            uint256 balance = IERC20(b.token).balanceOf(address(this));
            if (balance < balanceBefore + b.fee) revert NotRepaid(balance, balanceBefore + b.fee);
        } else {
            IERC20(b.token).safeTransferFrom(b.borrower, address(this), b.amount + b.fee);
        }
    }
}

/// @title LenderNeverCallingBack
/// @notice Sends the amount, as a gift, and returns.
contract LenderNeverCallingBack is LenderOfEveryPattern {
    function _lend(Borrowing memory b) internal override {
        _send(b);
    }

    function _unlock(Borrowing memory) internal override {}
}

/// @title LenderCallingBackTwice
/// @notice Sends the amount and calls back two times with it.
contract LenderCallingBackTwice is LenderOfEveryPattern {
    function _callBack(Borrowing memory b) internal override {
        super._callBack(b);
        if (b.pattern != Pattern.BalancerV3) _send(b);
        super._callBack(b);
    }
}

/// @title LenderChangingPayload
/// @notice Changes one bit of the payload: the last one, of what the borrower remembers.
contract LenderChangingPayload is LenderOfEveryPattern {
    function _callBack(Borrowing memory b) internal override {
        uint256 last = b.payload.length - 1;
        b.payload[last] = b.payload[last] ^ 0x01;
        super._callBack(b);
    }
}

/// @title LenderChangingAmount
/// @notice Sends and announces one unit more than was asked for.
contract LenderChangingAmount is LenderOfEveryPattern {
    function _lend(Borrowing memory b) internal override {
        ++b.amount;
        super._lend(b);
    }
}

/// @title LenderChangingToken
/// @notice Sends and announces another token than was asked for.
contract LenderChangingToken is LenderOfEveryPattern {
    address public substitute;

    function setSubstitute(address token) external {
        substitute = token;
    }

    function _lend(Borrowing memory b) internal override {
        b.token = substitute;
        super._lend(b);
    }

    function _send(Borrowing memory b) internal override {
        b.token = substitute;
        super._send(b);
    }
}

/// @title LenderChangingPurpose
/// @notice Calls back as the next of the lenders would.
contract LenderChangingPurpose is LenderOfEveryPattern {
    function _callBack(Borrowing memory b) internal override {
        Pattern asked = b.pattern;
        b.pattern = Pattern((uint8(asked) + 1) % 8);
        if (b.pattern == Pattern.Operator) b.pattern = Pattern.ConcentratedFlash;
        super._callBack(b);
        b.pattern = asked;
    }
}

/// @title LenderNamingForeignInitiator
/// @notice Calls back as if someone else had asked for the loan, as Aave does when someone else names the receiver.
contract LenderNamingForeignInitiator is LenderOfEveryPattern {
    function _callBack(Borrowing memory b) internal override {
        b.initiator = address(this);
        super._callBack(b);
    }
}

/// @title Messenger
/// @notice Calls for another contract.
contract Messenger {
    function call(address target, bytes calldata payload) external {
        (bool success, bytes memory answer) = target.call(payload);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(answer, 0x20), mload(answer))
        }
    }
}

/// @title LenderCallingFromElsewhere
/// @notice Calls back from another address than its own, with everything else in order.
contract LenderCallingFromElsewhere is LenderOfEveryPattern {
    Messenger public immutable MESSENGER = new Messenger();

    function _callBack(Borrowing memory b) internal override {
        MESSENGER.call(b.borrower, _encode(b));
    }

    function _encode(Borrowing memory b) private view returns (bytes memory) {
        if (b.pattern == Pattern.MorphoBlue) return abi.encodeCall(IBorrower.onMorphoFlashLoan, (b.amount, b.payload));
        if (b.pattern > Pattern.Operator) return _encodeFlash(b);
        if (b.pattern == Pattern.AaveV3) {
            return abi.encodeCall(IBorrower.executeOperation, (b.token, b.amount, b.fee, b.initiator, b.payload));
        }
        address[] memory tokens = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        tokens[0] = b.token;
        amounts[0] = b.amount;
        return abi.encodeCall(IBorrower.receiveFlashLoan, (tokens, amounts, new uint256[](1), b.payload));
    }
}

/// @title LenderSendingLess
/// @notice Sends one unit less than it announces.
contract LenderSendingLess is LenderOfEveryPattern {
    using SafeERC20 for IERC20;

    function _send(Borrowing memory b) internal override {
        IERC20(b.token).safeTransfer(b.borrower, b.amount - 1);
    }
}

/// @title LenderTakingMoreThanOwed
/// @notice Claims one unit more than the amount and the fee that it announced.
contract LenderTakingMoreThanOwed is LenderOfEveryPattern {
    function _collect(Borrowing memory b, uint256 balanceBefore) internal override {
        ++b.fee;
        super._collect(b, balanceBefore);
    }
}

/// @title LenderTakingLessThanOwed
/// @notice Takes one unit less than the amount and the fee that it announced.
contract LenderTakingLessThanOwed is LenderOfEveryPattern {
    function _collect(Borrowing memory b, uint256 balanceBefore) internal override {
        --b.amount;
        super._collect(b, balanceBefore);
    }
}
