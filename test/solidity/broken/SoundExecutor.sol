// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { Ownable, Ownable2Step } from "@openzeppelin/contracts/access/Ownable2Step.sol";
import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { SafeERC20 } from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import { Pausable } from "@openzeppelin/contracts/utils/Pausable.sol";
import { ReentrancyGuardTransient } from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import { Hop, IFlashArbitrage, Lender, Loan, Venue } from "../../../contracts/interfaces/IFlashArbitrage.sol";

/// @notice Whom an executor of this folder knows.
struct Parts {
    address owner;
    address treasury;
    address operator;
    address aaveV3;
    address balancerV2;
    address weth;
}

/// @notice What the executors of this folder call.
interface IRouter {
    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        address[] calldata path,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts);
}

interface IPool {
    function swap(
        address recipient,
        bool zeroForOne,
        int256 amountSpecified,
        uint160 sqrtPriceLimitX96,
        bytes calldata data
    ) external returns (int256 amount0, int256 amount1);
}

interface IWooRouter {
    function swap(
        address fromToken,
        address toToken,
        uint256 fromAmount,
        uint256 minToAmount,
        address payable to,
        address rebateTo
    ) external payable returns (uint256 realToAmount);
}

interface IWrappedEther {
    function deposit() external payable;
}

interface IAave {
    function flashLoanSimple(address receiver, address asset, uint256 amount, bytes calldata params, uint16) external;
}

interface IFlashPool {
    function token0() external view returns (address);

    function flash(address recipient, uint256 amount0, uint256 amount1, bytes calldata data) external;
}

interface IVault {
    function flashLoan(address recipient, address[] calldata, uint256[] calldata, bytes calldata userData) external;
}

/// @title SoundExecutor
/// @notice The smallest executor that no attack of the catalogue succeeds against: orders as FlashArbitrage takes them,
/// through three call patterns, with money from Aave V3, Balancer V2, a pool of Uniswap V3 or the operator's wallet. Every check is a function
/// of its own, and every other contract of this folder drops one of them.
/// @dev It leans on fewer checks than FlashArbitrage does, so that each of them counts: where FlashArbitrage would stop an
/// attack twice, this contract stops it once. Shares of a split, ether as input and Morpho are left out.
contract SoundExecutor is Ownable2Step {
    using SafeERC20 for IERC20;

    address internal constant ETHER = 0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE;
    uint256 internal constant MAX_REASON_BYTES = 1024;

    address internal immutable AAVE_V3;
    address internal immutable BALANCER_V2;
    address internal immutable WETH;

    address public treasury;
    address public guardian;
    mapping(address account => bool) public isOperator;
    bool public paused;

    bool internal transient _entered;
    /// @dev What commits to the callback that is awaited.
    bytes32 internal transient _announced;
    /// @dev What lay there of the loan's token when the execution began.
    uint256 internal transient _balanceBefore;

    constructor(Parts memory parts) Ownable(parts.owner) {
        (AAVE_V3, BALANCER_V2, WETH) = (parts.aaveV3, parts.balancerV2, parts.weth);
        (treasury, isOperator[parts.operator]) = (parts.treasury, true);
    }

    receive() external payable {
        _receiveEther();
    }

    /* TRADING */

    function execute(
        bytes32 id,
        Loan calldata loan,
        Hop[] calldata hops,
        uint256 minProfit,
        uint256 deadline
    ) external returns (uint256 profit) {
        _enter();
        if (paused) revert Pausable.EnforcedPause();
        _requireOperator();
        _requireInTime(deadline);
        _requireClosed(loan, hops);
        _balanceBefore = _lyingThere(loan.token);
        _finance(id, loan, hops);
        profit = _settle(loan, minProfit);
        _leave();
    }

    function _finance(bytes32 id, Loan calldata loan, Hop[] calldata hops) internal virtual {
        bytes memory payload = msg.data[4:];
        if (Lender(loan.lender) == Lender.Operator) {
            _takeFromWallet(id, loan);
            _run(loan, hops);
            IERC20(loan.token).safeTransfer(msg.sender, loan.amount);
        } else if (Lender(loan.lender) == Lender.AaveV3) {
            _announce(AAVE_V3, payload);
            IAave(AAVE_V3).flashLoanSimple(address(this), loan.token, loan.amount, payload, 0);
        } else if (Lender(loan.lender) == Lender.BalancerV2) {
            _announce(BALANCER_V2, payload);
            (address[] memory tokens, uint256[] memory amounts) = (new address[](1), new uint256[](1));
            (tokens[0], amounts[0]) = (loan.token, loan.amount);
            IVault(BALANCER_V2).flashLoan(address(this), tokens, amounts, payload);
        } else if (loan.source != address(0)) {
            _announce(loan.source, payload);
            bool isToken0 = IFlashPool(loan.source).token0() == loan.token;
            IFlashPool(loan.source).flash(
                address(this),
                isToken0 ? loan.amount : 0,
                isToken0 ? 0 : loan.amount,
                payload
            );
        } else {
            revert IFlashArbitrage.UnknownLender(loan.lender);
        }
        _requireDelivered(loan.lender);
    }

    function _settle(Loan calldata loan, uint256 minProfit) internal virtual returns (uint256 profit) {
        int256 gained = int256(_balance(loan.token)) - int256(_balanceBefore);
        _requireProfit(gained, minProfit);
        profit = uint256(gained);
        IERC20(loan.token).safeTransfer(_payee(), profit);
    }

    function _run(Loan memory loan, Hop[] memory hops) internal {
        uint256 held = loan.amount;
        address tokenIn = loan.token;
        for (uint256 i = 0; i < hops.length; ++i) {
            held = _swap(i, hops[i], tokenIn, held);
            tokenIn = hops[i].tokenOut;
        }
    }

    function _swap(uint256 index, Hop memory hop, address tokenIn, uint256 amountIn) private returns (uint256 out) {
        _beforeSwap(hop);
        uint256 restIn = _balance(tokenIn) - amountIn;
        uint256 restOut = _balance(hop.tokenOut);
        bytes memory payload;
        if (Venue(hop.venue) == Venue.UniswapV3) {
            bytes memory callback = abi.encode(tokenIn, amountIn);
            payload = _encodeSwapOfPool(hop, tokenIn, amountIn, callback);
            _announce(hop.target, callback);
        } else {
            payload = _encodeSwapOfRouter(index, hop, tokenIn, amountIn);
            _allow(tokenIn, hop.target, amountIn);
        }
        uint256 restEther = Venue(hop.venue) == Venue.WooFi ? _etherLyingThere() : address(this).balance;
        out = _delivered(hop.tokenOut, restOut, restEther, _lastWords(_call(index, hop, payload)));
        _requireSpent(index, hop.target);
        _requireUsed(index, tokenIn, restIn);
        if (Venue(hop.venue) != Venue.UniswapV3) _disallow(tokenIn, hop.target);
    }

    /// @dev Returns the revert reason cut short, and of an answer its last two words.
    function _call(uint256 index, Hop memory hop, bytes memory payload) internal virtual returns (bytes memory answer) {
        address target = hop.target;
        bool success;
        uint256 size;
        assembly ("memory-safe") {
            success := call(gas(), target, 0, add(payload, 0x20), mload(payload), 0, 0)
            size := returndatasize()
        }
        uint256 wanted = success ? 0x40 : MAX_REASON_BYTES;
        if (wanted > size) wanted = size;
        answer = new bytes(wanted);
        assembly ("memory-safe") {
            returndatacopy(add(answer, 0x20), mul(success, sub(size, wanted)), wanted)
        }
        if (!success) revert IFlashArbitrage.HopFailed(index, hop.venue, answer);
    }

    /// @dev Returns what the target says that it paid: its last word, of a pool the negative one of its last two.
    function _lastWords(bytes memory answer) private pure returns (uint256 reported) {
        int256 last;
        int256 other;
        assembly ("memory-safe") {
            let end := add(add(answer, 0x20), mload(answer))
            last := mload(sub(end, 0x20))
            other := mload(sub(end, 0x40))
        }
        if (answer.length == 0x40 && other < 0) return uint256(-other);
        return last < 0 ? uint256(-last) : uint256(last);
    }

    function _encodeSwapOfPool(
        Hop memory hop,
        address tokenIn,
        uint256 amountIn,
        bytes memory callback
    ) private view returns (bytes memory) {
        bool zeroForOne = tokenIn < hop.tokenOut;
        uint160 limit = zeroForOne ? 4295128740 : 1461446703485210103287273052203988822378723970341;
        return abi.encodeCall(IPool.swap, (address(this), zeroForOne, int256(amountIn), limit, callback));
    }

    function _encodeSwapOfRouter(
        uint256 index,
        Hop memory hop,
        address tokenIn,
        uint256 amountIn
    ) internal view virtual returns (bytes memory) {
        if (Venue(hop.venue) == Venue.UniswapV2 && hop.data.length == 0) {
            address[] memory path = new address[](2);
            (path[0], path[1]) = (tokenIn, hop.tokenOut);
            return
                abi.encodeCall(IRouter.swapExactTokensForTokens, (amountIn, 0, path, address(this), block.timestamp));
        }
        // WOOFi, paying in ether.
        if (Venue(hop.venue) == Venue.WooFi && hop.data.length == 64) {
            return abi.encodeCall(IWooRouter.swap, (tokenIn, ETHER, amountIn, 0, payable(address(this)), address(0)));
        }
        revert IFlashArbitrage.InvalidHopData(index, hop.venue);
    }

    /* CALLBACKS */

    function executeOperation(
        address asset,
        uint256 amount,
        uint256 premium,
        address,
        bytes calldata params
    ) external returns (bool) {
        _acceptLoan(params);
        _runPayload(params);
        IERC20(asset).forceApprove(msg.sender, amount + premium);
        return true;
    }

    function receiveFlashLoan(
        address[] calldata tokens,
        uint256[] calldata amounts,
        uint256[] calldata feeAmounts,
        bytes calldata userData
    ) external {
        _acceptLoan(userData);
        _runPayload(userData);
        IERC20(tokens[0]).safeTransfer(msg.sender, amounts[0] + feeAmounts[0]);
    }

    function uniswapV3FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external {
        _acceptLoan(data);
        Loan memory loan = _runPayload(data);
        IERC20(loan.token).safeTransfer(msg.sender, loan.amount + fee0 + fee1);
    }

    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata data) external {
        _acceptSwap(data);
        (address token, uint256 amountIn) = abi.decode(data, (address, uint256));
        int256 owed = amount0 > amount1 ? amount0 : amount1;
        if (owed <= 0 || uint256(owed) > amountIn) revert IFlashArbitrage.UnexpectedCharge(owed, amountIn);
        IERC20(token).safeTransfer(msg.sender, uint256(owed));
        _afterPayment(uint256(owed));
    }

    function _runPayload(bytes calldata payload) private returns (Loan memory loan) {
        Hop[] memory hops;
        // The arguments of `execute`.
        (, loan, hops, , ) = abi.decode(payload, (bytes32, Loan, Hop[], uint256, uint256));
        _run(loan, hops);
    }

    /* ADMINISTRATION */

    function setTreasury(address newTreasury) external onlyOwner {
        treasury = newTreasury;
    }

    function setOperator(address operator, bool allowed) external onlyOwner {
        isOperator[operator] = allowed;
    }

    function setGuardian(address newGuardian) external onlyOwner {
        guardian = newGuardian;
    }

    function pause() external {
        if (msg.sender != guardian && msg.sender != owner()) revert IFlashArbitrage.NotGuardian(msg.sender);
        paused = true;
    }

    function unpause() external onlyOwner {
        paused = false;
    }

    function renounceOwnership() public virtual override {
        revert IFlashArbitrage.OwnerRequired();
    }

    /* CHECKS */

    function _requireOperator() internal view virtual {
        if (!isOperator[msg.sender]) revert IFlashArbitrage.NotOperator(msg.sender);
    }

    function _enter() internal virtual {
        if (_entered) revert ReentrancyGuardTransient.ReentrancyGuardReentrantCall();
        _entered = true;
    }

    function _leave() internal virtual {
        _entered = false;
    }

    function _receiveEther() internal virtual {
        if (!_entered) revert IFlashArbitrage.UnexpectedEther(msg.sender);
    }

    function _requireInTime(uint256 deadline) internal view virtual {
        if (deadline < block.timestamp) revert IFlashArbitrage.DeadlinePassed(deadline, block.timestamp);
    }

    function _requireClosed(Loan calldata loan, Hop[] calldata hops) internal pure virtual {
        address delivered = hops[hops.length - 1].tokenOut;
        if (delivered != loan.token) revert IFlashArbitrage.OpenRoute(loan.token, delivered);
    }

    /// @dev Commits to who may call back, and with what.
    function _announce(address caller, bytes memory payload) internal virtual {
        _announced = keccak256(abi.encode(caller, keccak256(payload)));
    }

    /// @dev Accepts the caller once.
    function _accept(bytes calldata payload) internal virtual {
        bytes32 announced = _announced;
        _announced = 0;
        if (announced != keccak256(abi.encode(msg.sender, keccak256(payload)))) {
            revert IFlashArbitrage.UnannouncedCallback(msg.sender);
        }
    }

    function _acceptLoan(bytes calldata payload) internal virtual {
        _accept(payload);
    }

    function _acceptSwap(bytes calldata payload) internal virtual {
        _accept(payload);
    }

    function _beforeSwap(Hop memory hop) internal virtual {}

    function _afterPayment(uint256 paid) internal virtual {}

    function _requireSpent(uint256 index, address target) internal virtual {
        if (_announced != 0) revert IFlashArbitrage.HopNotCalledBack(index, target);
    }

    function _requireDelivered(uint8 lender) internal view virtual {
        if (_announced != 0) revert IFlashArbitrage.LoanNotDelivered(lender);
    }

    /// @dev What lies there before a route runs is nobody's to spend.
    function _lyingThere(address token) internal view virtual returns (uint256) {
        return _balance(token);
    }

    function _etherLyingThere() internal view virtual returns (uint256) {
        return address(this).balance;
    }

    /// @dev Only the caller's own wallet finances the caller's order.
    function _takeFromWallet(bytes32, Loan calldata loan) internal virtual {
        IERC20(loan.token).safeTransferFrom(msg.sender, address(this), loan.amount);
    }

    function _allow(address token, address spender, uint256 amount) internal virtual {
        IERC20(token).forceApprove(spender, amount);
    }

    function _disallow(address token, address spender) internal virtual {
        IERC20(token).forceApprove(spender, 0);
    }

    /// @dev What arrived counts, not what the target says.
    function _delivered(
        address tokenOut,
        uint256 restOut,
        uint256 restEther,
        uint256 reported
    ) internal virtual returns (uint256 amountOut) {
        if (address(this).balance > restEther) {
            IWrappedEther(WETH).deposit{ value: address(this).balance - restEther }();
        }
        amountOut = _balance(tokenOut) - restOut;
        if (amountOut < reported) revert IFlashArbitrage.TransferShort(tokenOut, amountOut, reported);
    }

    function _requireUsed(uint256 index, address tokenIn, uint256 restIn) internal view virtual {
        uint256 left = _balance(tokenIn);
        if (left > restIn) revert IFlashArbitrage.HopInputUnspent(index, left - restIn);
    }

    function _requireProfit(int256 profit, uint256 minProfit) internal pure virtual {
        if (profit <= 0 || uint256(profit) < minProfit) revert IFlashArbitrage.InsufficientProfit(profit, minProfit);
    }

    function _payee() internal view virtual returns (address) {
        return treasury;
    }

    function _balance(address token) internal view returns (uint256) {
        return IERC20(token).balanceOf(address(this));
    }
}
