// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice The callbacks of the three lenders.
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
}

/// @notice Which of the three lenders a loan is asked of.
enum Pattern {
    AaveV3,
    BalancerV2,
    MorphoBlue
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

/// @title LenderOfThreePatterns
/// @notice Lends as Aave V3, Balancer V2 and Morpho Blue do, out of its own balance: it sends the amount, calls back, and
/// takes back the amount and its fee. Its fee applies to the patterns that have one. The other lenders of this file
/// depart from it in the one point that their name tells.
contract LenderOfThreePatterns {
    using SafeERC20 for IERC20;

    error ReturnedFalse(address borrower);
    error NotRepaid(uint256 balance, uint256 needed);
    error OneTokenOnly(uint256 tokens);

    uint256 private constant BPS = 10_000;

    uint256 public feeBps;

    /// @notice The payload of the last loan.
    bytes public lastPayload;

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
        } else {
            IBorrower(b.borrower).onMorphoFlashLoan(b.amount, b.payload);
        }
    }

    function _collect(Borrowing memory b, uint256 balanceBefore) internal virtual {
        if (b.pattern == Pattern.BalancerV2) {
            uint256 balance = IERC20(b.token).balanceOf(address(this));
            if (balance < balanceBefore + b.fee) revert NotRepaid(balance, balanceBefore + b.fee);
        } else {
            IERC20(b.token).safeTransferFrom(b.borrower, address(this), b.amount + b.fee);
        }
    }
}

/// @title LenderNeverCallingBack
/// @notice Sends the amount, as a gift, and returns.
contract LenderNeverCallingBack is LenderOfThreePatterns {
    function _lend(Borrowing memory b) internal override {
        _send(b);
    }
}

/// @title LenderCallingBackTwice
/// @notice Sends the amount and calls back two times with it.
contract LenderCallingBackTwice is LenderOfThreePatterns {
    function _callBack(Borrowing memory b) internal override {
        super._callBack(b);
        _send(b);
        super._callBack(b);
    }
}

/// @title LenderChangingPayload
/// @notice Changes one bit of the payload: the last one, of what the borrower remembers.
contract LenderChangingPayload is LenderOfThreePatterns {
    function _callBack(Borrowing memory b) internal override {
        uint256 last = b.payload.length - 1;
        b.payload[last] = b.payload[last] ^ 0x01;
        super._callBack(b);
    }
}

/// @title LenderChangingAmount
/// @notice Sends and announces one unit more than was asked for.
contract LenderChangingAmount is LenderOfThreePatterns {
    function _lend(Borrowing memory b) internal override {
        ++b.amount;
        super._lend(b);
    }
}

/// @title LenderChangingToken
/// @notice Sends and announces another token than was asked for.
contract LenderChangingToken is LenderOfThreePatterns {
    address public substitute;

    function setSubstitute(address token) external {
        substitute = token;
    }

    function _lend(Borrowing memory b) internal override {
        b.token = substitute;
        super._lend(b);
    }
}

/// @title LenderChangingPurpose
/// @notice Calls back as the next of the three lenders would.
contract LenderChangingPurpose is LenderOfThreePatterns {
    function _callBack(Borrowing memory b) internal override {
        Pattern asked = b.pattern;
        b.pattern = Pattern((uint8(asked) + 1) % 3);
        super._callBack(b);
        b.pattern = asked;
    }
}

/// @title LenderNamingForeignInitiator
/// @notice Calls back as if someone else had asked for the loan, as Aave does when someone else names the receiver.
contract LenderNamingForeignInitiator is LenderOfThreePatterns {
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
contract LenderCallingFromElsewhere is LenderOfThreePatterns {
    Messenger public immutable MESSENGER = new Messenger();

    function _callBack(Borrowing memory b) internal override {
        MESSENGER.call(b.borrower, _encode(b));
    }

    function _encode(Borrowing memory b) private pure returns (bytes memory) {
        if (b.pattern == Pattern.MorphoBlue) return abi.encodeCall(IBorrower.onMorphoFlashLoan, (b.amount, b.payload));
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
contract LenderSendingLess is LenderOfThreePatterns {
    using SafeERC20 for IERC20;

    function _send(Borrowing memory b) internal override {
        IERC20(b.token).safeTransfer(b.borrower, b.amount - 1);
    }
}

/// @title LenderTakingMoreThanOwed
/// @notice Claims one unit more than the amount and the fee that it announced.
contract LenderTakingMoreThanOwed is LenderOfThreePatterns {
    function _collect(Borrowing memory b, uint256 balanceBefore) internal override {
        ++b.fee;
        super._collect(b, balanceBefore);
    }
}

/// @title LenderTakingLessThanOwed
/// @notice Takes one unit less than the amount and the fee that it announced.
contract LenderTakingLessThanOwed is LenderOfThreePatterns {
    function _collect(Borrowing memory b, uint256 balanceBefore) internal override {
        --b.amount;
        super._collect(b, balanceBefore);
    }
}
